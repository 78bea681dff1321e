"""A command's output: run, caught whole, shown shortened (``ctxc run``), got back (``ctxc expand``)."""
