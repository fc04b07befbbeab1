// Troubles of code: what is hot, thrown and compiled.
using System;
using System.Collections.Generic;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Culprits
{
    // `hot N`: N threads named `furnace` that compute in `Furnace.Burn` until `cool`. It is the only method of the
    // process that runs for any length of time, however many threads wait.
    internal static class Furnace
    {
        private static readonly List<Thread> threads = new List<Thread>();
        private static volatile bool burning;
        private static long ash;

        public static void Light(int count)
        {
            burning = true;
            long lit = 0;
            for (var i = 0; i < count; i++)
            {
                var thread = new Thread(() => { Interlocked.Increment(ref lit); Tend(); }) { IsBackground = true, Name = "furnace" };
                threads.Add(thread);
                thread.Start();
            }
            while (Interlocked.Read(ref lit) < count) Thread.Yield();
        }

        public static void Quench()
        {
            burning = false;
            foreach (var thread in threads) thread.Join();
            threads.Clear();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Tend()
        {
            while (burning) Interlocked.Add(ref ash, Burn(2_000_000));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static long Burn(int rounds)
        {
            long heat = rounds;
            for (var i = 0; i < rounds; i++) heat = heat * 6364136223846793005 + 1442695040888963407;
            return heat;
        }
    }

    internal sealed class OrderLostException : Exception
    {
        public OrderLostException(string message) : base(message) { }
    }

    // `throw N WHAT`: throws and catches N exceptions. `Lost` are `Culprits.OrderLostException`, thrown by
    // `Thrower.Lose`; `Invalid` are `System.InvalidOperationException`, thrown by `Thrower.Refuse`; `Format` are
    // `System.FormatException`, thrown by the framework when `Thrower.Misread` has it parse a number.
    internal static class Thrower
    {
        public static long Thrown;

        public static void Throw(int count, string what)
        {
            Action thrower;
            switch (what)
            {
                case "Lost": thrower = Lose; break;
                case "Invalid": thrower = Refuse; break;
                default: thrower = Misread; break;
            }
            for (var i = 0; i < count; i++)
            {
                try { thrower(); }
                catch (Exception) { Thrown++; }
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Lose() => throw new OrderLostException("the order is lost");

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Refuse() => throw new InvalidOperationException("not now");

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Misread() => int.Parse("twelve");
    }

    // `jit N`: compiles and runs N dynamic methods named `Compiled0` and so on, of 6 bytes of IL each.
    internal static class Compiler
    {
        private static int compiled;

        public static void Compile(int count)
        {
            for (var i = 0; i < count; i++, compiled++)
            {
                var method = new DynamicMethod("Compiled" + compiled, typeof(int), Type.EmptyTypes, typeof(Compiler).Module);
                var il = method.GetILGenerator();
                il.Emit(OpCodes.Ldc_I4, compiled);
                il.Emit(OpCodes.Ret);
                method.Invoke(null, null);
            }
        }
    }
}
