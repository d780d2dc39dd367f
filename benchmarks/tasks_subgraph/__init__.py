"""How much CPU a page of tasks costs, against the same schema written the ordinary way."""
