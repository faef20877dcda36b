"""What a job costs, what the queue bears, and a simulation of many machines with these costs."""
