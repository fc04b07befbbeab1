// Counters of its own with known values: an EventSource with the four kinds of counters and, from .NET 9 on, a Meter
// with every kind of instrument.
//
// One command per line on standard input. Each is answered by one line: `done COMMAND`, `recorded {...}` or `error ...`.
// The program ends with its standard input. `Run` lists the commands.
using System;
using System.Collections.Generic;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Linq;
using System.Text;
#if NET9_0_OR_GREATER
using System.Diagnostics.Metrics;
#endif

[EventSource(Name = "Testbed-Counters")]
internal sealed class TestbedCounters : EventSource
{
    public static readonly TestbedCounters Log = new TestbedCounters();
    public readonly Dictionary<string, double> Recorded = new Dictionary<string, double>();
    private EventCounter duration;
#if !NET10_0_OR_GREATER
    private IncrementingEventCounter requests;
#endif
    private PollingCounter queue;
    private IncrementingPollingCounter bytes;

    private TestbedCounters()
    {
        foreach (var name in new[] { "duration.count", "duration.sum", "requests", "queue", "bytes" }) Recorded[name] = 0;
        duration = new EventCounter("duration", this) { DisplayName = "Duration", DisplayUnits = "ms" };
#if !NET10_0_OR_GREATER
        // The .NET 10 framework here is trimmed: it cannot make this kind, set a gauge, or add metadata.
        duration.AddMetadata("purpose", "test");
        requests = new IncrementingEventCounter("requests", this) { DisplayName = "Requests", DisplayRateTimeScale = TimeSpan.FromSeconds(1) };
#endif
        queue = new PollingCounter("queue", this, () => Read("queue")) { DisplayName = "Queue Length", DisplayUnits = "items" };
        bytes = new IncrementingPollingCounter("bytes", this, () => Read("bytes")) { DisplayName = "Bytes", DisplayUnits = "B", DisplayRateTimeScale = TimeSpan.FromSeconds(1) };
    }

    // One value of the mean counter `duration`.
    [NonEvent]
    public void Write(double value)
    {
        lock (Recorded) { Recorded["duration.count"]++; Recorded["duration.sum"] += value; }
        duration.WriteMetric(value);
    }

    // Adds to the sum counter `requests`.
    [NonEvent]
    public void Increment(double value)
    {
        lock (Recorded) Recorded["requests"] += value;
#if !NET10_0_OR_GREATER
        requests.Increment(value);
#endif
    }

    // Sets what the polled counters read.
    [NonEvent]
    public void Set(string name, double value) { lock (Recorded) Recorded[name] = value; }

    [NonEvent]
    private double Read(string name) { lock (Recorded) return Recorded[name]; }
}

#if NET9_0_OR_GREATER
// Every kind of instrument. Values are recorded per instrument and tags, so that what a reader saw can be compared.
internal sealed class TestbedMeter : IDisposable
{
    public readonly SortedDictionary<string, double> Recorded = new SortedDictionary<string, double>(StringComparer.Ordinal);
    private readonly Meter meter;
    private readonly Counter<long> orders;
    private readonly UpDownCounter<long> open;
#if !NET10_0_OR_GREATER
    private readonly Gauge<double> temperature;
#endif
    private readonly Histogram<double> latency;

    public TestbedMeter(string name)
    {
        meter = new Meter(name, "1.2.3", new[] { new KeyValuePair<string, object>("scope", "test") }, null);
        orders = meter.CreateCounter<long>("orders", "{order}", "Orders taken");
        open = meter.CreateUpDownCounter<long>("open", "{order}", "Orders open");
#if !NET10_0_OR_GREATER
        temperature = meter.CreateGauge<double>("temperature", "Cel", "Temperature", null);
#endif
        latency = meter.CreateHistogram<double>("latency", "ms", "Time to answer");
        meter.CreateObservableCounter("observed.orders", () => Observe("observed.orders"), "{order}", "Orders as observed");
        meter.CreateObservableUpDownCounter("observed.open", () => Observe("observed.open"), "{order}", "Orders open as observed");
        meter.CreateObservableGauge("observed.temperature", () => Observe("observed.temperature"), "Cel", "Temperature as observed");
    }

    // Adds to a counter, sets a gauge or what is observed, records a value in a histogram.
    public void Record(string instrument, double value, KeyValuePair<string, object>[] tags)
    {
        var key = instrument + "{" + string.Join(",", tags.Select(tag => tag.Key + "=" + tag.Value)) + "}";
        lock (Recorded)
        {
            Recorded.TryGetValue(key, out var before);
            switch (instrument)
            {
                case "orders": orders.Add((long)value, tags); Recorded[key] = before + value; break;
                case "open": open.Add((long)value, tags); Recorded[key] = before + value; break;
#if !NET10_0_OR_GREATER
                case "temperature": temperature.Record(value, tags); Recorded[key] = value; break;
#endif
                case "latency":
                    latency.Record(value, tags);
                    Recorded.TryGetValue(key + ".count", out var count);
                    Recorded[key + ".count"] = count + 1;
                    Recorded[key + ".sum"] = (Recorded.TryGetValue(key + ".sum", out var sum) ? sum : 0) + value;
                    break;
                case "observed.orders": case "observed.open": case "observed.temperature": Recorded[key] = value; break;
                default: throw new ArgumentException("no instrument " + instrument);
            }
        }
    }

    public void Dispose() { meter.Dispose(); }

    private IEnumerable<Measurement<double>> Observe(string instrument)
    {
        lock (Recorded)
        {
            var measurements = new List<Measurement<double>>();
            foreach (var entry in Recorded)
                if (entry.Key.StartsWith(instrument + "{", StringComparison.Ordinal))
                    measurements.Add(new Measurement<double>(entry.Value, Counters.Tags(entry.Key.Substring(instrument.Length + 1).TrimEnd('}').Split(','))));
            return measurements;
        }
    }
}
#endif

internal static class Counters
{
#if NET9_0_OR_GREATER
    private static TestbedMeter meter = new TestbedMeter("Testbed.Meter");
#endif

    private static int Main()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        TestbedCounters.Log.Set("queue", 0);
        Say("ready " + Recorded());
        for (string line; (line = Console.In.ReadLine()) != null;)
        {
            if (line == "exit") return 0;
            string answer;
            try { answer = Run(line); }
            catch (Exception error) { answer = "error " + error.Message; }
            Say(answer);
        }
        return 0;
    }

    private static string Run(string line)
    {
        var words = line.Split(' ');
        double Number(int index) => double.Parse(words[index]);
        switch (words[0])
        {
            // EventCounters: `write V` into the mean, `increment V`, and `queue V` and `bytes V` as they are polled.
            case "write": TestbedCounters.Log.Write(Number(1)); break;
            case "increment": TestbedCounters.Log.Increment(Number(1)); break;
            case "queue": case "bytes": TestbedCounters.Log.Set(words[0], Number(1)); break;
#if NET9_0_OR_GREATER
            // Meters: `record INSTRUMENT V [TAG=VALUE ...]`.
            case "record": meter.Record(words[1], Number(2), Tags(words.Skip(3).ToArray())); break;
            // `series INSTRUMENT COUNT`: that many series of the instrument, told apart by the tag `series`.
            case "series": for (var i = 0; i < Number(2); i++) meter.Record(words[1], i, Tags(new[] { "series=" + i })); break;
            // Ends all instruments, and makes them anew.
            case "end": meter.Dispose(); break;
            case "renew": meter.Dispose(); meter = new TestbedMeter("Testbed.Meter"); break;
#endif
            case "recorded": return "recorded " + Recorded();
            default: return "error unknown command: " + line;
        }
        return "done " + line;
    }

#if NET9_0_OR_GREATER
    internal static KeyValuePair<string, object>[] Tags(string[] words)
    {
        return words.Where(word => word.Contains('=')).Select(word => word.Split('='))
            .Select(pair => new KeyValuePair<string, object>(pair[0], pair[1])).ToArray();
    }
#endif

    private static string Recorded()
    {
        var json = new StringBuilder("{");
        void Add(string name, double value) => json.Append(json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value);
        lock (TestbedCounters.Log.Recorded) foreach (var entry in TestbedCounters.Log.Recorded) Add(entry.Key, entry.Value);
#if NET9_0_OR_GREATER
        lock (meter.Recorded) foreach (var entry in meter.Recorded) Add(entry.Key, entry.Value);
#endif
        return json.Append('}').ToString();
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
