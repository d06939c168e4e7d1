-- What is worked on lies in memory: with the default, planners read a table of 10,000 rows whole for 500 of them.
SET LOCAL random_page_cost = 1.1
