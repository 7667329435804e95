"""How answers look on the wire, to an assistant and to a web app alike."""
