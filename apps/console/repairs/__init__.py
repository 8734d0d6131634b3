"""Parts and records around a repair: what is waited for, taken out, photographed, printed and told by the public."""
