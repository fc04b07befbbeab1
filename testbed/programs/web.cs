// A minimal ASP.NET Core application on an ephemeral port of the loopback interface.
//
// Prints `ready URL`. The program ends with its standard input.
// The .NET 10 framework here is trimmed: there is no `async`, and little of ASP.NET Core.
//   /            a short text
//   /boom        throws
//   /allocate    allocates ?bytes= (1 MB unless told) of short-lived arrays
//   /slow        answers after ?ms= (500 unless told)
//   /contend     waits for a lock that another request holds for ?ms= (20 unless told)
//   /collect     a blocking collection of all generations
using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

internal static class Web
{
    private static readonly object gate = new object();
    private static volatile object sink;

    private static void Main()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/", context => context.Response.WriteAsync("It works.\n"));
        app.MapGet("/boom", (RequestDelegate)(_ => throw new InvalidOperationException("boom")));
        app.MapGet("/allocate", context =>
        {
            for (long left = Number(context, "bytes", 1 << 20); left > 0; left -= 1024) sink = new byte[1000];
            return context.Response.WriteAsync("allocated\n");
        });
        app.MapGet("/slow", context =>
        {
            var written = new TaskCompletionSource<bool>();
            Task.Delay((int)Number(context, "ms", 500)).GetAwaiter().UnsafeOnCompleted(() =>
            {
                context.Response.WriteAsync("at last\n").GetAwaiter().GetResult();
                written.SetResult(true);
            });
            return written.Task;
        });
        app.MapGet("/contend", context =>
        {
            lock (gate) Thread.Sleep((int)Number(context, "ms", 20));
            return context.Response.WriteAsync("mine\n");
        });
        app.MapGet("/collect", context =>
        {
            GC.Collect();
            return context.Response.WriteAsync("collected\n");
        });
        app.StartAsync().GetAwaiter().GetResult();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        Console.Out.WriteLine("ready " + addresses.Addresses.First());
        Console.Out.Flush();
        // A thread of its own: reading standard input blocks.
        var input = new Thread(() => { while (Console.In.ReadLine() != null) { } app.Lifetime.StopApplication(); });
        input.IsBackground = true;
        input.Start();
        ((IHost)app).WaitForShutdownAsync().GetAwaiter().GetResult();
    }

    private static long Number(HttpContext context, string name, long fallback)
    {
        var query = context.Request.QueryString.Value ?? "";
        return query.StartsWith("?" + name + "=", StringComparison.Ordinal) ? long.Parse(query.Substring(name.Length + 2)) : fallback;
    }
}
