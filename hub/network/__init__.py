"""Pages between the village and the open network: whom we follow, how others follow us, hosts."""
