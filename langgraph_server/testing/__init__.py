"""For the tests of applications: a server of their own, as a pytest fixture."""
