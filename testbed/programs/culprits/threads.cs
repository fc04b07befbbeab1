// Troubles of threads: what they wait for.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Culprits
{
    // `threads N`: N more threads, named `waiter 0` and so on, that wait for ever: one in four each sleeps, waits for an
    // event, waits for a slim event, and waits to be pulsed.
    internal static class Waiters
    {
        private static readonly object gate = new object();
        private static readonly ManualResetEventSlim slim = new ManualResetEventSlim();
        private static readonly ManualResetEvent signal = new ManualResetEvent(false);
        private static int started;
        private static long waiting;

        public static void Start(int count)
        {
            var wanted = Interlocked.Read(ref waiting) + count;
            for (var i = 0; i < count; i++)
            {
                var way = started;
                new Thread(() => Wait(way)) { IsBackground = true, Name = "waiter " + started++ }.Start();
            }
            while (Interlocked.Read(ref waiting) < wanted) Thread.Yield();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Wait(int way)
        {
            Interlocked.Increment(ref waiting);
            switch (way % 4)
            {
                case 0: Thread.Sleep(-1); break;
                case 1: signal.WaitOne(); break;
                case 2: slim.Wait(); break;
                default: lock (gate) Monitor.Wait(gate); break;
            }
        }
    }

    // `deadlock`: two threads for ever wait for each other. `debit` holds the lock of `checking` and, in `Bank.Debit`,
    // wants that of `savings`; `credit` holds the lock of `savings` and, in `Bank.Credit`, wants that of `checking`.
    // They end with the process.
    internal static class Bank
    {
        private sealed class Account { }

        private static readonly Account checking = new Account();
        private static readonly Account savings = new Account();
        private static long holding;

        public static void Deadlock()
        {
            var threads = new[]
            {
                new Thread(Debit) { IsBackground = true, Name = "debit" },
                new Thread(Credit) { IsBackground = true, Name = "credit" },
            };
            foreach (var thread in threads) thread.Start();
            while (Interlocked.Read(ref holding) < 2) Thread.Yield();
            foreach (var thread in threads)
            {
                while ((thread.ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Yield();
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Debit()
        {
            lock (checking)
            {
                AwaitTheOther();
                lock (savings) GC.KeepAlive(checking);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Credit()
        {
            lock (savings)
            {
                AwaitTheOther();
                lock (checking) GC.KeepAlive(savings);
            }
        }

        private static void AwaitTheOther()
        {
            Interlocked.Increment(ref holding);
            while (Interlocked.Read(ref holding) < 2) Thread.Yield();
        }
    }

    // `contend N [MS]`: N lock contentions. The command's own thread holds the lock in `Ledger.Audit` until the thread
    // `poster` is seen waiting for it in `Ledger.Post`, and MS milliseconds longer.
    internal static class Ledger
    {
        private sealed class Book { }

        private static readonly Book book = new Book();
        private static long wanted, posted;

        public static void Contend(int count, int milliseconds)
        {
            Interlocked.Exchange(ref wanted, 0);
            Interlocked.Exchange(ref posted, 0);
            var poster = new Thread(() =>
            {
                for (var turn = 1; turn <= count; turn++)
                {
                    while (Interlocked.Read(ref wanted) < turn) Thread.Yield();
                    Post(turn);
                }
            }) { IsBackground = true, Name = "poster" };
            poster.Start();
            for (var turn = 1; turn <= count; turn++)
            {
                Audit(turn, poster, milliseconds);
                while (Interlocked.Read(ref posted) < turn) Thread.Yield();
            }
            poster.Join();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Audit(int turn, Thread poster, int milliseconds)
        {
            lock (book)
            {
                Interlocked.Exchange(ref wanted, turn);
                while ((poster.ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Yield();
                if (milliseconds > 0) Thread.Sleep(milliseconds);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Post(int turn)
        {
            lock (book) Interlocked.Exchange(ref posted, turn);
        }
    }

    // `starve N`: N work items that block the pool's threads in `Kitchen.Cook`, waiting for an event: the pool adds
    // threads one by one for starvation. `starve N task`: they block in `Kitchen.Order` on the result of a task, which
    // .NET 6 and later notice and answer with threads for cooperative blocking. `feed` lets all of them go.
    internal static class Kitchen
    {
        private static readonly ManualResetEvent served = new ManualResetEvent(false);
        private static TaskCompletionSource<int> dish = new TaskCompletionSource<int>();
        private static long queued, cooking, fed;

        public static void Starve(int count, bool task)
        {
            served.Reset();
            if (dish.Task.IsCompleted) dish = new TaskCompletionSource<int>();
            queued += count;
            var before = Interlocked.Read(ref cooking);
            for (var i = 0; i < count; i++)
            {
                if (task) ThreadPool.UnsafeQueueUserWorkItem(Order, null); else ThreadPool.UnsafeQueueUserWorkItem(Cook, null);
            }
            while (Interlocked.Read(ref cooking) == before) Thread.Yield();
        }

        public static void Feed()
        {
            served.Set();
            dish.TrySetResult(1);
            while (Interlocked.Read(ref fed) < queued) Thread.Yield();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Cook(object state)
        {
            Interlocked.Increment(ref cooking);
            served.WaitOne();
            Interlocked.Increment(ref fed);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Order(object state)
        {
            Interlocked.Increment(ref cooking);
            Interlocked.Add(ref fed, dish.Task.Result);
        }
    }
}
