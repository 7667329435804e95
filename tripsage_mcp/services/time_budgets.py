"""How long a caller waits for each kind of answer, in seconds: the same over MCP and REST.

What is bought, paid or cancelled has no such limit: giving up would only make the outcome unknown.
"""

ANSWER_S = 25.0
# Airlines are given up to a minute.
FLIGHTS_S = 75.0
# The first search may have to start the server that asks Airbnb.
STAYS_S = 60.0
PLAN_S = 60.0
# Asking ends by itself before that; the rest is for what is under way then.
DATES_S = 150.0
