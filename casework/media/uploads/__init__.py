"""Files that come in pieces, over connections that break: tus 1.0.0 without HTTP. One file for each stage of an upload."""
