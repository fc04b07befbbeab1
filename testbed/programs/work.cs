// Does known work on command and prints what the runtime itself counted.
//
// One command per line on standard input. Each is answered by one line: `done COMMAND`, `figures {...}` or `error ...`.
// The program ends with its standard input. `Run` lists the commands.
using System;
using System.Collections.Generic;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;

internal static class Work
{
    private static readonly List<object> held = new List<object>();
    private static long thrown;
    private static readonly int pid = System.Diagnostics.Process.GetCurrentProcess().Id;
    private static readonly Func<uint> exceptionCount = ExceptionCounter();
    private static readonly Action<int> collect = Collector();
    private static volatile object sink;
    private static Listener listener;

    private static int Main()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        // Everything runs once before the figures count, so that a later command compiles and loads nothing new.
        foreach (var warmUp in new[] { "throw 1", "collect 0 1", "allocate 1", "jit 1", "contend 1", "pool 1" }) Run(warmUp);
        Figures();
        Say("ready " + Figures());
        for (string line; (line = Console.In.ReadLine()) != null;)
        {
            if (line.StartsWith("exit", StringComparison.Ordinal)) return line.Length > 5 ? int.Parse(line.Substring(5)) : 0;
            Say(Run(line));
        }
        return 0;
    }

    private static string Run(string line)
    {
        var words = line.Split(' ');
        long Number(int index) => words.Length > index ? long.Parse(words[index]) : 1;
        switch (words[0])
        {
            case "throw": Throw(Number(1)); break;
            case "collect": Collect((int)Number(1), Number(2)); break;
            case "allocate": Allocate(Number(1)); break;
            case "hold": held.Add(new byte[Number(1)]); break;
            case "release": held.Clear(); break;
            case "jit": Jit(Number(1)); break;
            case "contend": Contend(Number(1)); break;
            case "pool": Pool(Number(1)); break;
            case "timers": Timers(Number(1)); break;
            case "threads": Threads(Number(1)); break;
            case "spin": Spin(Number(1)); break;
            case "env": return "env " + words[1] + "=" + Environment.GetEnvironmentVariable(words[1]);
            case "listen": listener = listener ?? new Listener(); break;
            case "ticks": return "ticks " + listener.Said(words[1]);
            case "idle": break;
            case "figures": return "figures " + Figures();
            case "crash": new Thread(() => throw new InvalidOperationException("asked to crash")).Start(); Thread.Sleep(-1); break;
            default: return "error unknown command: " + line;
        }
        return "done " + line;
    }

    // Throws and catches `count` exceptions.
    private static void Throw(long count)
    {
        for (long i = 0; i < count; i++)
        {
            try { throw new InvalidOperationException("thrown for a test"); }
            catch (InvalidOperationException) { thrown++; }
        }
    }

    // `count` blocking collections of the generation and all younger ones.
    private static void Collect(int generation, long count)
    {
        for (long i = 0; i < count; i++) collect(generation);
    }

    // The .NET 10 framework here is trimmed, and GC.Collect(int) is among what was cut away.
    private static Action<int> Collector()
    {
#if NET10_0_OR_GREATER
        const int blocking = 2;
        var method = typeof(GC).GetMethod("_Collect", BindingFlags.Static | BindingFlags.NonPublic);
        return generation => method.Invoke(null, new object[] { generation, blocking, false });
#else
        return generation => GC.Collect(generation);
#endif
    }

    // At least `bytes` bytes of short-lived arrays of 1024 bytes each.
    private static void Allocate(long bytes)
    {
        for (long i = 0; i < bytes; i += 1024) sink = new byte[1000];
        sink = null;
    }

    // Compiles and runs `count` new methods.
    private static void Jit(long count)
    {
        for (long i = 0; i < count; i++)
        {
            var method = new DynamicMethod("Compiled" + i, typeof(int), Type.EmptyTypes, typeof(Work).Module);
            var il = method.GetILGenerator();
            il.Emit(OpCodes.Ldc_I4, (int)i);
            il.Emit(OpCodes.Ret);
            method.Invoke(null, null);
        }
    }

    // `count` lock contentions: this thread holds the lock until the other one is seen waiting for it.
    private static void Contend(long count)
    {
        var gate = new object();
        long wanted = 0, passed = 0;
        var other = new Thread(() =>
        {
            for (long turn = 1; turn <= count; turn++)
            {
                while (Volatile.Read(ref wanted) < turn) Thread.Yield();
                lock (gate) Volatile.Write(ref passed, turn);
            }
        }) { IsBackground = true, Name = "contender" };
        other.Start();
        for (long turn = 1; turn <= count; turn++)
        {
            lock (gate)
            {
                Volatile.Write(ref wanted, turn);
                while ((other.ThreadState & ThreadState.WaitSleepJoin) == 0) Thread.Yield();
            }
            while (Volatile.Read(ref passed) < turn) Thread.Yield();
        }
        other.Join();
    }

    // `count` work items through the thread pool, waited for.
    private static void Pool(long count)
    {
        long done = 0;
        for (long i = 0; i < count; i++) ThreadPool.UnsafeQueueUserWorkItem(_ => Interlocked.Increment(ref done), null);
        while (Interlocked.Read(ref done) < count) Thread.Yield();
    }

    // `count` more timers that are active and never due.
    private static void Timers(long count)
    {
        for (long i = 0; i < count; i++) held.Add(new Timer(_ => { }, null, TimeSpan.FromDays(1), TimeSpan.FromDays(1)));
    }

    // `count` more threads that only wait.
    private static void Threads(long count)
    {
        long started = 0;
        for (long i = 0; i < count; i++)
        {
            new Thread(() => { Interlocked.Increment(ref started); Thread.Sleep(-1); }) { IsBackground = true, Name = "waiter" }.Start();
        }
        while (Interlocked.Read(ref started) < count) Thread.Yield();
    }

    // Keeps one core busy for `milliseconds` in a method that a profile shows by name.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spin(long milliseconds)
    {
        var end = Environment.TickCount + (int)milliseconds;
        while (Environment.TickCount - end < 0) { }
    }

    // Hears, inside the process, what the counters of System.Runtime say each second: the very values that every other
    // client is sent, some of which (allocated bytes) nobody can read at the moment they were taken.
    private sealed class Listener : EventListener
    {
        private readonly Dictionary<string, List<string>> said = new Dictionary<string, List<string>>();

        // The increments of a counter since `listen`, interval by interval.
        public string Said(string counter)
        {
            lock (said) return "[" + (said.TryGetValue(counter, out var increments) ? string.Join(",", increments) : "") + "]";
        }

        protected override void OnEventSourceCreated(EventSource source)
        {
            if (source.Name != "System.Runtime") return;
            var arguments = new Dictionary<string, string> { { "EventCounterIntervalSec", "1" } };
            EnableEvents(source, EventLevel.Critical, EventKeywords.None, arguments);
        }

        protected override void OnEventWritten(EventWrittenEventArgs written)
        {
            if (written.EventName != "EventCounters" || said == null) return;
            foreach (var payload in written.Payload)
            {
                if (!(payload is IDictionary<string, object> fields) || !fields.TryGetValue("Increment", out var increment)) continue;
                lock (said)
                {
                    var counter = (string)fields["Name"];
                    if (!said.TryGetValue(counter, out var increments)) said[counter] = increments = new List<string>();
                    increments.Add(((double)increment).ToString("R", CultureInfo.InvariantCulture));
                }
            }
        }
    }

    // What the runtime's own exception-count counter reads.
    private static Func<uint> ExceptionCounter()
    {
        var method = typeof(Exception).GetMethod("GetExceptionCount", BindingFlags.Static | BindingFlags.NonPublic);
        return method == null ? null : () => (uint)method.Invoke(null, null);
    }

    // Allocates only what the answer takes: what this does between two figures is in the second.
    private static string Figures()
    {
        var json = new StringBuilder("{");
        void Add(string name, object value) => json.Append(json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value);
        Add("pid", pid);
        Add("version", "\"" + Environment.Version + "\"");
        Add("thrown", thrown);
        if (exceptionCount != null) Add("exceptions", exceptionCount());
        Add("gen0_collections", GC.CollectionCount(0));
        Add("gen1_collections", GC.CollectionCount(1));
        Add("gen2_collections", GC.CollectionCount(2));
        Add("allocated_bytes", GC.GetTotalAllocatedBytes(true));
        Add("allocated_bytes_counted", GC.GetTotalAllocatedBytes(false));
        Add("lock_contentions", Monitor.LockContentionCount);
        Add("completed_work_items", ThreadPool.CompletedWorkItemCount);
        Add("thread_pool_threads", ThreadPool.ThreadCount);
        Add("active_timers", Timer.ActiveCount);
        Add("assemblies", AppDomain.CurrentDomain.GetAssemblies().Length);
#if NET9_0_OR_GREATER
        Add("pause_ms", GC.GetTotalPauseDuration().TotalMilliseconds);
        Add("methods_jitted", System.Runtime.JitInfo.GetCompiledMethodCount());
        Add("il_bytes_jitted", System.Runtime.JitInfo.GetCompiledILBytes());
#endif
        return json.Append('}').ToString();
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
