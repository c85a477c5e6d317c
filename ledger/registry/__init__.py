"""An open registry: its folder, its lists, its last signed head, and the one way into its log."""
