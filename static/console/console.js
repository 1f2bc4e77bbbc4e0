// The console's scripts. Every page works without them; they make it live and quick.
import "./theme.js";
import "./times.js";
import "./toasts.js";
import "./dialogs.js";
import "./actions.js";
import "./copy.js";
import "./rows.js";
import "./keys.js";
import "./palette.js";
import "./tab.js";
import "./live.js";
