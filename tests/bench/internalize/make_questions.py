"""Writes policy_questions.jsonl: what customers ask; no answers, and no wording of the tests."""
import json, sys
Q = """
I have not used my new jacket. How many days do I have to send it back?
What is the return period for goods that were not used?
I wore my new shoes outside. Can I still return them?
May I return an opened parcel?
How long can I return something I bought in a sale?
What is the return period for sale goods?
Can I return a gift card?
Can maps and food be returned?
Where can I find a return form?
I lost my return form. What can I do?
To which town do I send a return?
Where is the warehouse for returns?
I live in Iceland. To which office do I send my return?
When will I get my money back?
How many days does a refund take?
Where does the refund go if I paid by card?
I paid by invoice. How do I get my refund?
Are delivery costs refunded?
I am not a member. What do I pay for return postage?
Is return postage free for members?
Is there a restocking fee for canoes?
How many percent is the restocking fee?
Can I exchange a shirt for another size?
How many days do I have to ask for an exchange?
What is the time limit for exchanges?
Can I exchange a tent for another model?
How many times may I exchange the same item?
Who is in charge of exchanges?
Whose team handles exchanges?
When must I order so that my parcel leaves today?
What is the cut-off hour for same-day orders?
How many days does standard delivery need?
What is the price of standard delivery?
What is the price of express delivery?
How fast is express delivery?
From which order value do I pay no delivery?
Who delivers a kayak or a canoe?
What is the name of the carrier for kayaks?
Which weekday are canoes delivered?
I live on an island. How many more days does my parcel need?
Does the driver call before a kayak is delivered?
Nobody was at home. How many days is my parcel kept at the post office?
What do I pay if I do not pick up my parcel?
My tent broke. How many years of warranty does it have?
How many years of warranty does a jacket have?
How many years of warranty does a stove have?
How many months of warranty do shoes have?
My tent burned. Is that covered?
Is salt water damage to a kayak covered?
What do I need to send for a warranty claim?
What must a warranty claim contain?
How many days until a claim is answered?
In which town is the workshop?
What is the price of a new zip?
What is the price of a seam repair?
Are tent poles repaired free for members?
How many days does a repair need in the summer?
How many days does a repair need in the winter?
Do you repair a tent of another brand?
How must I prepare a jacket before I send it in?
What is the yearly fee for members?
What is the price of membership?
How many percent discount do members get on clothes?
I am a student. What do I pay for membership?
Does membership renew itself?
Can members rent a tent for free?
When do my points expire?
How many months are points valid?
Do I get points for a gift card?
What is the price of a kayak rental for one day?
How much deposit do I pay for a kayak?
What is the price of a tent rental for one day?
When must I bring rented goods back in the evening?
I bring my rental back a day late. What do I pay?
What is the minimum age to rent a kayak?
My son is 15. May he rent a kayak?
How many days before a rental can I still cancel it for free?
May I take my dog into a rented tent?
When is the help desk open?
At what hour does the help desk open and close?
What number do I call to reach the help desk?
To whom do I send a complaint?
Who is responsible for complaints?
How many days until my letter is answered?
Is the shop in Tromsby open on Sundays?
When is the shop in Tromsby closed in January?
"""
with open(sys.argv[1], "w", encoding="utf-8") as out:
    for line in filter(None, Q.splitlines()):
        out.write(json.dumps({"question": line}) + "\n")
