print("natsbridge-bench")
