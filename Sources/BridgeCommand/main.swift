print("natsbridge")
