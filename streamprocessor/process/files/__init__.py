"""Files that several processes have to do with: locked by one of them, whole for who reads them."""
