#!/bin/sh
# The water company's program as the driver exec starts it: here the simulated one. A real program takes its place.
exec yjs-sim-exec --results /usr/share/yijianshi/adapters/simulators/results/water.yaml --latency 100ms..400ms
