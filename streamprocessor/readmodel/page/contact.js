// One contact.
