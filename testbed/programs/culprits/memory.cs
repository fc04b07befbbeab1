// Troubles of memory: what is kept, pinned and allocated.
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Culprits
{
    // 40 bytes, and the 128 of its state.
    internal sealed class Session
    {
        public long Number;
        public byte[] State = new byte[100];
        public Session Previous;
    }

    // 24 bytes.
    internal sealed class Basket
    {
        public long Total;
    }

    // 24 bytes, and a delegate.
    internal sealed class Subscriber
    {
        private long heard;

        public void Hear(object sender, EventArgs arguments) => heard++;
    }

    // `leak N`: N more each of `Session` (in the static list `Leaks.open`, and each but the first refers to the one
    // before), `Basket` (in the static dictionary `Leaks.baskets`) and `Subscriber` (of the static event `Leaks.Ticked`).
    // Nothing else in the process makes any.
    internal static class Leaks
    {
        private static readonly List<Session> open = new List<Session>();
        private static readonly Dictionary<long, Basket> baskets = new Dictionary<long, Basket>();

        private static event EventHandler Ticked;

        public static void Leak(int count)
        {
            for (var i = 0; i < count; i++)
            {
                open.Add(new Session { Number = open.Count, Previous = open.Count == 0 ? null : open[open.Count - 1] });
                baskets.Add(baskets.Count, new Basket { Total = i });
                Ticked += new Subscriber().Hear;
            }
        }
    }

    // 24 bytes.
    internal sealed class Pebble
    {
        public Pebble Under;
    }

    // `objects N`: N million more `Pebble`s, each in one of the arrays of `Heap.heaps` and lying on the one before.
    internal static class Heap
    {
        private static readonly List<Pebble[]> heaps = new List<Pebble[]>();

        public static void Fill(int millions)
        {
            for (var i = 0; i < millions; i++)
            {
                var heap = new Pebble[1_000_000];
                heaps.Add(heap);
                for (var pebble = 0; pebble < heap.Length; pebble++)
                {
                    heap[pebble] = new Pebble { Under = pebble % 100 == 0 ? null : heap[pebble - 1] };
                }
            }
        }
    }

    // `pin N`: N pinned buffers of 1000 bytes with 20,000 bytes of garbage between each two. Collections leave the
    // gaps: about 20,000 free bytes for each buffer. From .NET 9 on also N buffers on the heap of pinned objects, every
    // other of which is garbage. `unpin` lets all go.
    internal static class Pins
    {
        private static readonly List<GCHandle> handles = new List<GCHandle>();
        private static readonly List<byte[]> born = new List<byte[]>();

        public static void Pin(int count)
        {
            Scatter(count);
            Collector.Collect(0, 1);
            Collector.Collect(1, 1);
            Collector.Collect(2, 1);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Scatter(int count)
        {
            var garbage = new List<byte[]>();
            for (var i = 0; i < count; i++)
            {
                handles.Add(GCHandle.Alloc(new byte[1000], GCHandleType.Pinned));
                garbage.Add(new byte[20_000]);
#if NET9_0_OR_GREATER
                var pinned = GC.AllocateUninitializedArray<byte>(1000, pinned: true);
                if (i % 2 == 0) born.Add(pinned);
#endif
            }
            GC.KeepAlive(garbage);
        }

        public static void Unpin()
        {
            foreach (var handle in handles) handle.Free();
            handles.Clear();
            born.Clear();
        }
    }

    // 48 bytes.
    internal sealed class Parcel
    {
        public long Length, Width, Height, Weight;
    }

    // `allocate WHAT BYTES`: at least so many bytes of short-lived objects: `Parcel`s of 48 bytes (by
    // `Allocator.Pack`), `Bytes` in arrays of 1024, `Strings` of 1024 or `Large` arrays of 100,024 bytes.
    internal static class Allocator
    {
        private static volatile object sink;

        public static void Allocate(string what, long bytes)
        {
            switch (what)
            {
                case "Parcel": Pack(bytes / 48 + 1); break;
                case "Bytes": for (long i = 0; i <= bytes / 1024; i++) sink = new byte[1000]; break;
                case "Strings": for (long i = 0; i <= bytes / 1024; i++) sink = new string(' ', 500); break;
                default: for (long i = 0; i <= bytes / 100_024; i++) sink = new byte[100_000]; break;
            }
            sink = null;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Pack(long count)
        {
            for (long i = 0; i < count; i++) sink = new Parcel();
        }
    }

    // `collect GENERATION COUNT`: blocking collections of the generation and all younger ones.
    internal static class Collector
    {
        private static readonly Action<int> collect = Blocking();

        public static void Collect(int generation, int count)
        {
            for (var i = 0; i < count; i++) collect(generation);
        }

        // The .NET 10 framework here is trimmed, and GC.Collect(int) is among what was cut away.
        private static Action<int> Blocking()
        {
#if NET10_0_OR_GREATER
            const int blocking = 2;
            var method = typeof(GC).GetMethod("_Collect", BindingFlags.Static | BindingFlags.NonPublic);
            return generation => method.Invoke(null, new object[] { generation, blocking, false });
#else
            return generation => GC.Collect(generation);
#endif
        }
    }
}
