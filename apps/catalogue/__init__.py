"""The catalogue for people: pages of APIs, which bring together what other apps know of them."""
