"""The API's own shapes: what comes in and what goes out, apart from the tables behind them."""
