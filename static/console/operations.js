// An operation that can still be undone is undone by a key.
import { press } from "./keys.js";

press("z", () => document.querySelector('[data-key="z"]')?.click() ?? false);
