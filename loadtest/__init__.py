"""The benchmark by which the project judges its speed: this proxy and its peers at the same job."""
