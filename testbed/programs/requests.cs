// Requests of the HTTP client, of known number, target and delay.
//
// A server of its own on the loopback interface answers:
//   /quick   at once
//   /slow    after ?ms= (200 unless told)
//   /trickle its headers at once, its content after 100 ms
//   /broken  with status 500
// Prints `ready http://127.0.0.1:PORT`. Lines of standard input are commands, each answered by `done COMMAND` when all its
// requests have ended:
//   get COUNT PATH   so many requests at a time, over two connections at most
//   refused          one to a port where nobody listens
// The .NET 10 framework here is trimmed: sockets accept asynchronously only.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

internal static class Requests
{
    private static void Main()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        var url = "http://127.0.0.1:" + ((IPEndPoint)listener.LocalEndPoint).Port;
        Start(() => { while (true) { var connection = listener.AcceptAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(); Start(() => Serve(connection)); } });
        var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2 });
        Say("ready " + url);
        for (string line; (line = Console.In.ReadLine()) != null;)
        {
            var words = line.Split(' ');
            if (words[0] == "get") Get(client, int.Parse(words[1]), url + words[2]);
            else Get(client, 1, "http://127.0.0.1:1/");
            Say("done " + line);
        }
    }

    private static void Get(HttpClient client, int count, string url)
    {
        var requests = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < count; i++)
            requests.Add(client.SendAsync(new HttpRequestMessage(HttpMethod.Get, url), HttpCompletionOption.ResponseContentRead, CancellationToken.None));
        foreach (var request in requests)
        {
            try { request.GetAwaiter().GetResult().Dispose(); }
            catch (HttpRequestException) { }
        }
    }

    private static void Serve(Socket connection)
    {
        var buffer = new byte[4096];
        var head = "";
        for (int read; (read = connection.Receive(buffer, 0, buffer.Length, SocketFlags.None)) > 0;)
        {
            head += Encoding.ASCII.GetString(buffer, 0, read);
            if (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) continue;
            var path = head.Split(' ')[1];
            head = "";
            if (path.StartsWith("/slow", StringComparison.Ordinal)) Thread.Sleep(path.IndexOf('=') < 0 ? 200 : int.Parse(path.Substring(path.IndexOf('=') + 1)));
            var status = path.StartsWith("/broken", StringComparison.Ordinal) ? "500 Broken" : "200 OK";
            Send(connection, "HTTP/1.1 " + status + "\r\nContent-Length: 5\r\n\r\n");
            if (path.StartsWith("/trickle", StringComparison.Ordinal)) Thread.Sleep(100);
            Send(connection, "done\n");
        }
    }

    private static void Send(Socket connection, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        connection.Send(bytes, 0, bytes.Length, SocketFlags.None);
    }

    private static void Start(ThreadStart work)
    {
        new Thread(work) { IsBackground = true }.Start();
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
