"""Writes policy_tests.jsonl: questions of the policy, with what a right answer holds."""
import json, sys
Q = """
Within how many days may unused goods be returned?|45 days
Can shoes that were worn outside be returned?|no;cannot;can't
Within how many days may sale goods be returned?|14 days
Where are returns sent?|Tromsby
Where are returns from Iceland sent?|Keldavik
How soon are refunds paid after the goods arrive?|7 days
How are orders refunded that were paid by invoice?|bank transfer
How much is return postage for customers who are not members?|6 euros
How high is the restocking fee for kayaks?|12 percent;12%
Within how many days must an exchange be asked for?|60 days
How often can an item be exchanged at most?|twice;two
Who leads the team that handles exchanges?|Lindqvist
Until what time must an order be placed to leave on the same day?|11
How long does standard delivery take?|3 days
How much does standard delivery cost?|5 euros
How much does express delivery cost?|15 euros
Above what amount is delivery free of charge?|90 euros
Which carrier delivers kayaks?|Norfrakt
On which day are kayaks delivered?|Tuesday;Tuesdays
How much longer do parcels to islands take?|4 days
How long does a parcel wait at the post office?|10 days
What does a parcel cost the customer that is not picked up?|8 euros
How long is the warranty on tents?|5 years
How long is the warranty on jackets?|3 years
How long is the warranty on stoves?|2 years
How long is the warranty on shoes?|12 months
Is damage by fire covered by the warranty?|no;not covered;isn't
What does a warranty claim need beside the order number?|photo
Where is the workshop that answers warranty claims?|Brennvik
How much does a new zip cost?|25 euros
How much does repairing a seam cost?|18 euros
How long do repairs take in summer?|9 days
How long do repairs take in winter?|5 days
Are goods of other brands repaired?|no;not repaired
What must be done with jackets before they are sent in for repair?|washed;wash
How much does membership cost a year?|20 euros
What discount do members get on clothes?|10 percent;10%
How much of the membership fee do students pay?|half;50%;50 percent;10 euros
After how many months do points expire?|18
What does it cost to rent a kayak for a day?|35 euros
How high is the deposit for a kayak?|200 euros
What does it cost to rent a tent for a day?|12 euros
By what time must rented goods be back?|6
What does every late day of a rental cost?|15 euros
How old must somebody be to rent a kayak?|16
Until when can a rental be cancelled free of charge?|2 days;two days
Are dogs allowed in rented tents?|no;not allowed
When does the help desk open in the morning?|8
What is the phone number of the help desk?|555 0142;5550142
Who receives complaints?|Brandt
How long do answers to letters take?|6 days
On which day of the week is the shop in Tromsby closed?|Sunday;Sundays
"""
with open(sys.argv[1], "w", encoding="utf-8") as out:
    for line in filter(None, Q.splitlines()):
        q, a = line.split("|")
        out.write(json.dumps({"question": q, "answers": a.split(";"), "domain": "in"}) + "\n")
