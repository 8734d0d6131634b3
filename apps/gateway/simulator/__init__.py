"""A fleet of simulated units that speaks to the server over real HTTP with U1, on a network as bad as the real one."""
