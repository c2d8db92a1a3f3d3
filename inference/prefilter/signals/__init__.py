"""What makes a message worth a look besides its words: links, invites, mass mentions."""
