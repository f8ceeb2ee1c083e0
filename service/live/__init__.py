"""Live rooms: their keeper, lanes and turns, what is told of them and to whom, what turns out later."""
