// Has known troubles on command, for tools to find, and prints what the runtime itself counted.
//
// One command per line on standard input. Each is answered by one line: `done COMMAND`, `figures {...}` or `error ...`.
// The program ends with its standard input. `Run` lists the commands; what a tool should say of each is written where
// the command is: in `code.cs`, `memory.cs` and `threads.cs`.
using System;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Threading;

namespace Culprits
{
    internal static class Program
    {
        private static int Main()
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            // Everything the figures need runs once before they count.
            foreach (var warmUp in new[] { "throw 1 Lost", "throw 1 Invalid", "throw 1 Format", "collect 0", "contend 1", "jit 1" }) Run(warmUp);
            Figures.Print();
            Say("ready " + Figures.Print());
            for (string line; (line = Console.In.ReadLine()) != null;) Say(Run(line));
            return 0;
        }

        private static string Run(string line)
        {
            var words = line.Split(' ');
            int Number(int index) => words.Length > index ? int.Parse(words[index]) : 1;
            switch (words[0])
            {
                case "hot": Furnace.Light(Number(1)); break;
                case "cool": Furnace.Quench(); break;
                case "threads": Waiters.Start(Number(1)); break;
                case "leak": Leaks.Leak(Number(1)); break;
                case "objects": Heap.Fill(Number(1)); break;
                case "throw": Thrower.Throw(Number(1), words[2]); break;
                case "deadlock": Bank.Deadlock(); break;
                case "contend": Ledger.Contend(Number(1), words.Length > 2 ? Number(2) : 0); break;
                case "starve": Kitchen.Starve(Number(1), words.Length > 2 && words[2] == "task"); break;
                case "feed": Kitchen.Feed(); break;
                case "pin": Pins.Pin(Number(1)); break;
                case "unpin": Pins.Unpin(); break;
                case "allocate": Allocator.Allocate(words[1], long.Parse(words[2])); break;
                case "jit": Compiler.Compile(Number(1)); break;
                case "collect": Collector.Collect(words.Length > 1 ? Number(1) : 2, words.Length > 2 ? Number(2) : 1); break;
                case "figures": return "figures " + Figures.Print();
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

    // What the runtime itself counted, in the same names as the program `work` has.
    internal static class Figures
    {
        private static readonly int pid = System.Diagnostics.Process.GetCurrentProcess().Id;
        private static readonly MethodInfo exceptionCount =
            typeof(Exception).GetMethod("GetExceptionCount", BindingFlags.Static | BindingFlags.NonPublic);

        public static string Print()
        {
            var json = new StringBuilder("{");
            void Add(string name, object value) => json.Append(json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value);
            Add("pid", pid);
            Add("version", "\"" + Environment.Version + "\"");
            Add("thrown", Thrower.Thrown);
            if (exceptionCount != null) Add("exceptions", exceptionCount.Invoke(null, null));
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
            var memory = GC.GetGCMemoryInfo();
            Add("heap_bytes", memory.HeapSizeBytes);
            Add("fragmented_bytes", memory.FragmentedBytes);
#if NET9_0_OR_GREATER
            Add("pause_ms", GC.GetTotalPauseDuration().TotalMilliseconds);
            Add("methods_jitted", System.Runtime.JitInfo.GetCompiledMethodCount());
            Add("il_bytes_jitted", System.Runtime.JitInfo.GetCompiledILBytes());
            Add("jit_ms", System.Runtime.JitInfo.GetCompilationTime().TotalMilliseconds);
#endif
            return json.Append('}').ToString();
        }
    }
}
