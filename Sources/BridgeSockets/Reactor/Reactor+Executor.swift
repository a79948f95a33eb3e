/// The reactor's thread as a task executor.
///
/// ## Theory of operation
/// A task that prefers this executor runs on the thread that reads the sockets. So what a handler
/// hands to such a task needs no other thread to be woken: the task goes on as soon as the handler
/// has returned, and what it sends leaves before the thread sleeps again. A job takes the way of
/// every command; the reactor's own thread posts without writing the eventfd.
///
/// Jobs of a reactor that has ended go to the global executor, so that no task hangs.
extension Reactor: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        inbox.post(.job(UnownedJob(job), self))
    }
}
