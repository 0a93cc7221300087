using BenchmarkDotNet.Running;

// dotnet run -c Release --project tests/VboxMem.Benchmarks -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
