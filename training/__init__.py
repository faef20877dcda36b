"""How the embedded models are made: data, model, training, export, evaluation."""
