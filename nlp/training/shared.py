"""Several training processes of one thread each, their gradients averaged in shared memory.

On a machine shared with other work this is much faster than one process of
several threads, which meet after every operation and wait for the slowest.
"""

import torch
import torch.multiprocessing as mp


class Shared:
    """Gradients of all workers, and the clock of worker 0. Two copies, used in
    turn, so that one meeting a step is enough."""

    def __init__(self, size: int, workers: int):
        self.grads = torch.zeros(2, workers, size).share_memory_()
        self.done = torch.zeros(2, dtype=torch.float64).share_memory_()
        self.barrier = mp.get_context("fork").Barrier(workers)

    def meet(self, rank: int, step: int, params, done: float) -> float:
        turn = step % 2
        mine, at = self.grads[turn, rank], 0
        for p in params:
            mine[at : at + p.numel()].copy_(p.grad.view(-1))
            at += p.numel()
        if rank == 0:
            self.done[turn] = done
        self.barrier.wait(timeout=600)
        mean, at = self.grads[turn].mean(0), 0
        for p in params:
            p.grad.copy_(mean[at : at + p.numel()].view_as(p))
            at += p.numel()
        return float(self.done[turn])
