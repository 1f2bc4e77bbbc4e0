"""What people do with the console, in a real Chromium, on real servers."""
