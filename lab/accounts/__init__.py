"""People from guest to verified, their roles, and the legal texts they agree to.

Promises: a password never leaves argon2id; a change of it ends every session; a guest exists once per browser
however often they click; every consent names the text version, the language and the time.
"""
