"""What is answered about the scoring model beside what is in force."""
