"""领养: citizens and shops take care of components of the city: adopt, check in, be reminded, give back."""
