// The console's scripts. Every page works without them; they make it live and quick.
