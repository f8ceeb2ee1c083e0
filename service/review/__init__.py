"""The review desk: what people do with what the engine leaves to them."""
