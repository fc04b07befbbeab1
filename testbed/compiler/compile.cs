// A command line for Roslyn, loaded by reflection so that the bootstrap compiler needs none of its references.
//
//   compile [-library] -out:FILE [-reference:DIR]... [-define:SYMBOL]... SOURCE... [-- the next assembly ...]
//
// Several assemblies are compiled in one run, since loading Roslyn costs more than most programs here.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

internal sealed class Request
{
    public string Output;
    public bool Library;
    public readonly List<string> References = new List<string>();
    public readonly List<string> Symbols = new List<string>();
    public readonly List<string> Sources = new List<string>();

    public static IEnumerable<Request> Parse(string[] arguments)
    {
        var request = new Request();
        foreach (var argument in arguments)
        {
            if (argument == "--") { yield return request; request = new Request(); }
            else if (argument == "-library") request.Library = true;
            else if (argument.StartsWith("-out:")) request.Output = argument.Substring("-out:".Length);
            else if (argument.StartsWith("-reference:")) request.References.Add(argument.Substring("-reference:".Length));
            else if (argument.StartsWith("-define:")) request.Symbols.Add(argument.Substring("-define:".Length));
            else request.Sources.Add(argument);
        }
        yield return request;
    }
}

internal sealed class Roslyn
{
    private readonly Assembly core, csharp;
    private readonly Dictionary<string, object> references = new Dictionary<string, object>();

    public Roslyn(string directory)
    {
        core = Assembly.LoadFrom(Path.Combine(directory, "Microsoft.CodeAnalysis.dll"));
        csharp = Assembly.LoadFrom(Path.Combine(directory, "Microsoft.CodeAnalysis.CSharp.dll"));
    }

    public bool Compile(Request request)
    {
        var parse = New(CSharp("CSharpParseOptions"), new Dictionary<string, object> {
            { "languageVersion", Enum.Parse(CSharp("LanguageVersion"), "Latest") },
            { "preprocessorSymbols", request.Symbols },
        });
        var trees = Array(Core("SyntaxTree"), request.Sources.Select(source =>
            Call(Method(CSharp("CSharpSyntaxTree"), "ParseText", "text", typeof(string)), null, new Dictionary<string, object> {
                { "text", File.ReadAllText(source) }, { "options", parse }, { "path", source },
            })));
        var metadata = Array(Core("MetadataReference"), request.References
            .SelectMany(directory => Directory.GetFiles(directory, "*.dll")).Where(IsAssembly).Select(Reference));
        var options = New(CSharp("CSharpCompilationOptions"), new Dictionary<string, object> {
            { "outputKind", Enum.Parse(Core("OutputKind"), request.Library ? "DynamicallyLinkedLibrary" : "ConsoleApplication") },
            { "optimizationLevel", Enum.Parse(Core("OptimizationLevel"), "Release") },
            { "allowUnsafe", true },
        });
        var compilation = Call(Method(CSharp("CSharpCompilation"), "Create", "assemblyName", typeof(string)), null, new Dictionary<string, object> {
            { "assemblyName", Path.GetFileNameWithoutExtension(request.Output) },
            { "syntaxTrees", trees }, { "references", metadata }, { "options", options },
        });
        using (var image = new MemoryStream())
        {
            var result = Call(Method(Core("Compilation"), "Emit", "peStream", typeof(Stream)), compilation,
                new Dictionary<string, object> { { "peStream", image } });
            foreach (var diagnostic in (IEnumerable)Get(result, "Diagnostics"))
                if (Get(diagnostic, "Severity").ToString() == "Error") Console.Error.WriteLine(diagnostic);
            if (!(bool)Get(result, "Success")) return false;
            File.WriteAllBytes(request.Output, image.ToArray());
            return true;
        }
    }

    private Type Core(string name) { return core.GetType("Microsoft.CodeAnalysis." + name, true); }

    private Type CSharp(string name) { return csharp.GetType("Microsoft.CodeAnalysis.CSharp." + name, true); }

    private object Reference(string path)
    {
        object reference;
        if (!references.TryGetValue(path, out reference))
            references[path] = reference = Call(Method(Core("MetadataReference"), "CreateFromFile", "path", typeof(string)), null,
                new Dictionary<string, object> { { "path", path } });
        return reference;
    }

    // The overload whose first parameter is as said and that has the most parameters: all further ones are optional.
    private static MethodInfo Method(Type type, string name, string parameter, Type parameterType)
    {
        return type.GetMethods()
            .Where(method => method.Name == name && method.GetParameters().Length > 0)
            .Where(method => method.GetParameters()[0].Name == parameter && method.GetParameters()[0].ParameterType == parameterType)
            .OrderByDescending(method => method.GetParameters().Length).First();
    }

    private static object New(Type type, Dictionary<string, object> given)
    {
        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        return constructor.Invoke(Arguments(constructor, given));
    }

    private static object Call(MethodInfo method, object self, Dictionary<string, object> given)
    {
        return method.Invoke(self, Arguments(method, given));
    }

    private static object[] Arguments(MethodBase method, Dictionary<string, object> given)
    {
        return method.GetParameters().Select(parameter => {
            object value;
            if (given.TryGetValue(parameter.Name, out value)) return value;
            var type = parameter.ParameterType;
            var fallback = parameter.HasDefaultValue ? parameter.DefaultValue : null;
            if (fallback != null && type.IsEnum) return Enum.ToObject(type, fallback);
            return fallback ?? (type.IsValueType ? Activator.CreateInstance(type) : null);
        }).ToArray();
    }

    private static Array Array(Type type, IEnumerable<object> items)
    {
        var list = items.ToList();
        var array = System.Array.CreateInstance(type, list.Count);
        for (var i = 0; i < list.Count; i++) array.SetValue(list[i], i);
        return array;
    }

    private static object Get(object self, string property) { return self.GetType().GetProperty(property).GetValue(self, null); }

    private static bool IsAssembly(string path)
    {
        try { AssemblyName.GetAssemblyName(path); return true; }
        catch (BadImageFormatException) { return false; }
    }
}

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var roslyn = new Roslyn(AppContext.BaseDirectory);
        foreach (var request in Request.Parse(arguments))
            if (!roslyn.Compile(request)) { Console.Error.WriteLine("could not compile " + request.Output); return 1; }
        return 0;
    }
}
