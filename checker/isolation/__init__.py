"""Keep what somebody else wrote away from everything that is not its business.

``ladder`` says which steps of isolation this system offers, ``cage`` describes one, ``enter``
goes into it. All of it is for Linux; elsewhere only the lowest step is to be had.
"""
