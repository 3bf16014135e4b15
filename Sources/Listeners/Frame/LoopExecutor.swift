// Runs a connection's task on the connection's own event loop, so that a small message goes from socket to socket
// without a change of threads: waking other threads costs several times what reading and judging it costs.

import NIOCore

/// An event loop as the preferred executor of tasks.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // On the loop itself this is a place in its queue, elsewhere a wake-up.
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
