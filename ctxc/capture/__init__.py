"""A command's output: caught whole, shortened (``ctxc run``), got back (``ctxc expand``)."""
