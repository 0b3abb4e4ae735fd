#!/bin/bash
# One size of each axis, with little work: each checks its own result.
exec "$1" --only=actors_1000,size_1048576,peers_2,pending_1000 --scale=0.001
