// Gives traces much to record.
//
// One command per line on standard input, each answered by `done COMMAND` or `error ...`. The program ends with its
// standard input. `Run` lists the commands.
using System;
using System.Collections.Generic;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Threading;

internal static class Load
{
    private static int Main()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Say("ready for work");
        for (string line; (line = Console.In.ReadLine()) != null;) Say(Run(line));
        return 0;
    }

    private static string Run(string line)
    {
        var words = line.Split(' ');
        var number = words.Length > 1 ? int.Parse(words[1]) : 1;
        switch (words[0])
        {
            case "wait": Waiters.Start(number); break;
            case "compute": Computers.Start(number); break;
            case "mix": Mix.Run(number); break;
            case "compile": Instances.Compile(number); break;
            default: return "error unknown command: " + line;
        }
        return "done " + line;
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}

// `wait N`: N more threads that wait for ever, each at a depth of its own and in one of four ways.
internal static class Waiters
{
    private static readonly object gate = new object();
    private static readonly ManualResetEventSlim slim = new ManualResetEventSlim();
    private static readonly ManualResetEvent signal = new ManualResetEvent(false);
    private static int waiting;

    public static void Start(int count)
    {
        var wanted = Volatile.Read(ref waiting) + count;
        for (var i = 0; i < count; i++)
        {
            var which = i;
            new Thread(() => Odd(which % 12, which)) { IsBackground = true, Name = "waiter" }.Start();
        }
        while (Volatile.Read(ref waiting) < wanted) Thread.Yield();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Odd(int depth, int way)
    {
        if (depth > 0) Even(depth - 1, way); else Wait(way);
        GC.KeepAlive(gate);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Even(int depth, int way)
    {
        if (depth > 0) Odd(depth - 1, way); else Wait(way);
        GC.KeepAlive(gate);
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

// `compute N`: N more threads that compute for ever.
internal static class Computers
{
    public static long Sum;

    public static void Start(int count)
    {
        for (var i = 0; i < count; i++)
        {
            new Thread(() => { while (true) Interlocked.Add(ref Sum, Collatz(1 + (Sum & 0xfff)) + Fibonacci(15) + Sorted(200)); })
            {
                IsBackground = true,
                Name = "computer",
            }.Start();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Collatz(long number)
    {
        long steps = 0;
        for (; number != 1; steps++) number = number % 2 == 0 ? number / 2 : 3 * number + 1;
        return steps;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Sorted(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++) numbers[i] = i * 7919 % count;
        Array.Sort(numbers);
        return numbers[count / 2];
    }
}

// `mix N`: N rounds, on four threads, of a little of everything that the runtime tells of.
internal static class Mix
{
    private const int Threads = 4;
    private static readonly object gate = new object();
    private static volatile object sink;
    private static int compiled;

    public static void Run(int rounds)
    {
        var threads = new Thread[Threads];
        for (var i = 0; i < Threads; i++)
        {
            threads[i] = new Thread(() =>
            {
                for (var round = 0; round < rounds / Threads; round++) Round(round);
            }) { IsBackground = true, Name = "mixer" };
            threads[i].Start();
        }
        foreach (var thread in threads) thread.Join();
    }

    private static void Round(int round)
    {
        for (var i = 0; i < 40; i++) Throw((round + i) % 20);
        for (var i = 0; i < 160; i++) Source.Log.Request("https://shop.example/customers/" + i + "/orders/" + round + "/lines?order=asc", 200 + i % 5, round % 50);
        for (var i = 0; i < 40; i++) Source.Log.Step(i, round);
        Allocate(round);
        Pool(60);
        if (round % 4 == 0) Compile();
        // The other threads want the lock too. They all wait here most of the time, so that a trace's reader keeps up.
        lock (gate) Thread.Sleep(1);
    }

    // One exception, thrown and caught this many frames apart.
    private static void Throw(int frames)
    {
        try { Frame(frames); }
        catch (ArgumentException) { }
        catch (InvalidOperationException) { }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Frame(int frames)
    {
        if (frames > 0) { Frame(frames - 1); GC.KeepAlive(gate); return; }
        if (sink == null) throw new InvalidOperationException("the first round throws before it has allocated anything");
        throw new ArgumentException("order " + frames + " was thrown into the wind for the sake of a trace");
    }

    // About 1 MB in objects of many types.
    private static void Allocate(int round)
    {
        var lists = new List<object>();
        for (var i = 0; i < 100; i++)
        {
            lists.Add(new byte[4000]);
            lists.Add(new int[500]);
            lists.Add(new string('x', 500));
            lists.Add(new Dictionary<int, string> { { -1, "one" }, { round, "two" } });
            lists.Add(new object[200]);
        }
        sink = lists;
    }

    // Items through the thread pool, waited for.
    private static void Pool(int count)
    {
        var left = count;
        for (var i = 0; i < count; i++) ThreadPool.UnsafeQueueUserWorkItem(_ => Interlocked.Decrement(ref left), null);
        while (Volatile.Read(ref left) > 0) Thread.Yield();
    }

    private static void Compile()
    {
        var number = Interlocked.Increment(ref compiled);
        var method = new DynamicMethod("Compiled" + number, typeof(int), Type.EmptyTypes, typeof(Mix).Module);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldc_I4, number);
        il.Emit(OpCodes.Ret);
        method.Invoke(null, null);
    }

    // Events that describe their own payloads.
    [EventSource(Name = "Testbed-Load")]
    private sealed class Source : EventSource
    {
        public static readonly Source Log = new Source();

        [Event(1, Level = EventLevel.Informational)]
        public void Request(string url, int status, int milliseconds) => WriteEvent(1, url, status, milliseconds);

        [Event(2, Level = EventLevel.Verbose)]
        public void Step(int step, int round) => WriteEvent(2, step, round);
    }
}

// `compile N`: compiles the methods of N generic classes, 89 each. The runtime compiles anew for every combination of
// structs, so this makes as many methods with as long names as a large application has.
internal static class Instances
{
    private static readonly Type[] arguments =
    {
        typeof(byte), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal), typeof(char),
        typeof(Guid), typeof(DateTime), typeof(TimeSpan), typeof(DateTimeOffset), typeof(IntPtr), typeof(ConsoleKey),
        typeof(DayOfWeek), typeof(CancellationToken), typeof(ArraySegment<byte>), typeof(KeyValuePair<int, string>),
    };
    private static int made;

    public static void Compile(int count)
    {
        for (var last = made + count; made < last; made++)
        {
            var key = arguments[made % arguments.Length];
            var value = arguments[made / arguments.Length % arguments.Length];
            var version = arguments[made / arguments.Length / arguments.Length % arguments.Length];
            var repository = typeof(Repository<,,>).MakeGenericType(key, value, version);
            ((IRepository)Activator.CreateInstance(repository)).Exercise();
        }
    }

    private interface IRepository
    {
        void Exercise();
    }

    private sealed class Repository<TKey, TValue, TVersion> : IRepository
        where TKey : struct where TValue : struct where TVersion : struct
    {
        private TKey key;
        private TValue value;
        private TVersion version;
        private int entries;

        public void Exercise()
        {
            ExerciseWith<byte>();
            ExerciseWith<short>();
            ExerciseWith<int>();
            ExerciseWith<long>();
            ExerciseWith<float>();
            ExerciseWith<double>();
            ExerciseWith<decimal>();
            ExerciseWith<char>();
            ExerciseWith<Guid>();
            ExerciseWith<DateTime>();
            ExerciseWith<TimeSpan>();
        }

        private void ExerciseWith<TColumn>() where TColumn : struct
        {
            Insert<TColumn>(1);
            Update<TColumn>(2);
            Delete<TColumn>(3);
            CountEntries<TColumn>();
            FindByIdentifier<TColumn>(5);
            RebuildSecondaryIndex<TColumn>();
            ValidateAllConstraints<TColumn>();
        }

        private void Insert<TColumn>(int identifier) { entries += identifier; key = default; value = default; version = default; }
        private void Update<TColumn>(int identifier) { if (entries > identifier) value = default; version = default; }
        private void Delete<TColumn>(int identifier) { if (entries > identifier) entries--; }
        private int CountEntries<TColumn>() => entries;
        private bool FindByIdentifier<TColumn>(int identifier) => identifier < entries;
        private int RebuildSecondaryIndex<TColumn>() { for (var i = 0; i < entries; i++) version = default; return entries; }
        private bool ValidateAllConstraints<TColumn>() where TColumn : struct => !key.Equals(value) && !version.Equals(default(TColumn));
    }
}
