"""The doors of the house: home, about, and the demonstration content that a first start brings."""
