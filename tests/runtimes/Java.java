// SPDX-License-Identifier: Apache-2.0
// Java.java - what Java asks most of a kernel: files, child processes, sockets, threads, memory, and what it reads of the
// machine. It prints the same each time; what is a matter of the machine is compared with what it may be.
import java.io.*;
import java.lang.management.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.nio.file.attribute.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.stream.*;
public class Java {
    static void say(Object... o) { System.out.println(Arrays.stream(o).map(String::valueOf).collect(Collectors.joining(" "))); }
    static void files(Path d) throws Exception {
        Path a = d.resolve("a");
        Files.writeString(a, "hello");
        Files.writeString(a, " there", StandardOpenOption.APPEND);
        say("read", Files.readString(a), Files.size(a));
        Files.createSymbolicLink(d.resolve("l"), Path.of("a"));
        say("link", Files.readSymbolicLink(d.resolve("l")), d.resolve("l").toRealPath().getFileName());
        Files.createDirectories(d.resolve("x/y"));
        Files.copy(a, d.resolve("x/y/c"));
        Files.move(d.resolve("x/y/c"), d.resolve("x/m"), StandardCopyOption.ATOMIC_MOVE);
        try (var s = Files.walk(d)) {
            say("walk", s.map(p -> d.relativize(p).toString()).sorted().toList());
        }
        say("perms", PosixFilePermissions.toString(Files.getPosixFilePermissions(a)), Files.getOwner(a));
        Files.setPosixFilePermissions(a, PosixFilePermissions.fromString("rw-------"));
        Files.setLastModifiedTime(a, FileTime.fromMillis(1234));
        say("time", Files.getLastModifiedTime(a));
        for (Callable<?> c :
             List.<Callable<?>>of(() -> Files.readString(d.resolve("no")), () -> Files.createDirectory(d.resolve("x")), () -> {
                 Files.delete(d.resolve("x"));
                 return 0;
             }, () -> Files.readString(d), () -> Files.list(a)))
            try {
                c.call();
                say("no error");
            } catch (IOException e) {
                say(e.getClass().getSimpleName(), e.getMessage().replace(d.toString(), "D"));
            }
        try (FileChannel c = FileChannel.open(a, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer m = c.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 16);
            m.put(100, (byte)7);
            m.force();
            FileLock l = c.lock();
            say("map", c.size(), l.isValid(), c.read(ByteBuffer.allocate(5), 2));
            l.release();
            c.truncate(3);
        }
        try (WatchService w = d.getFileSystem().newWatchService()) {
            d.register(w, StandardWatchEventKinds.ENTRY_CREATE);
            Files.createFile(d.resolve("new"));
            WatchKey k = w.take();
            say("watch", k.pollEvents().get(0).context());
        }
        FileStore fs = Files.getFileStore(d);
        say("store", fs.getTotalSpace() > 0, fs.getBlockSize());
        try (FileChannel s = FileChannel.open(a);
             FileChannel t = FileChannel.open(d.resolve("t"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            say("transfer", s.transferTo(0, 3, t));
        }
        try (AsynchronousFileChannel c = AsynchronousFileChannel.open(a)) {
            say("async", c.read(ByteBuffer.allocate(10), 0).get());
        }
    }
    static void children() throws Exception {
        Process p = new ProcessBuilder("sh", "-c", "cat; echo $V; exit 3").redirectErrorStream(true).start();
        p.getOutputStream().write("in".getBytes());
        p.getOutputStream().close();
        say("child", new String(p.getInputStream().readAllBytes()).trim(), p.waitFor());
        Process s = new ProcessBuilder("sleep", "1000").start();
        ProcessHandle h = s.toHandle();
        say("alive", h.isAlive(), h.parent().get().pid() == ProcessHandle.current().pid(),
            h.info().command().get().endsWith("sleep"), Arrays.toString(h.info().arguments().get()));
        s.destroy();
        say("destroyed", s.waitFor(), h.onExit().get().isAlive());
        try {
            new ProcessBuilder("/no/such").start();
        } catch (IOException e) {
            say("none", e.getMessage());
        }
        ExecutorService e = Executors.newFixedThreadPool(4);
        int sum = 0;
        List<Future<Integer>> l = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            int n = i;
            l.add(e.submit(
                ()
                    -> Integer.parseInt(
                        new BufferedReader(new InputStreamReader(new ProcessBuilder("echo", "" + n).start().getInputStream()))
                            .readLine())));
        }
        for (var f : l)
            sum += f.get();
        e.shutdown();
        say("16 children", sum);
    }
    static void network(Path d) throws Exception {
        for (String host : List.of("127.0.0.1", "::1"))
            try (ServerSocket s = new ServerSocket(0, 5, InetAddress.getByName(host))) {
                Thread t = new Thread(() -> {
                    try (Socket c = s.accept()) {
                        c.getInputStream().transferTo(c.getOutputStream());
                    } catch (IOException x) {
                        say(x);
                    }
                });
                t.start();
                try (Socket c = new Socket(s.getInetAddress(), s.getLocalPort())) {
                    c.setTcpNoDelay(true);
                    c.setSoTimeout(3600000);
                    c.getOutputStream().write(new byte[10000]);
                    c.shutdownOutput();
                    say("echo", host, c.getInputStream().readAllBytes().length, c.getTcpNoDelay());
                }
                t.join();
            }
        try (ServerSocket s = new ServerSocket(0)) {
            s.setSoTimeout(50);
            try {
                s.accept();
            } catch (SocketTimeoutException e) {
                say("timeout", e.getMessage());
            }
        }
        try {
            new Socket("127.0.0.1", 1);
        } catch (ConnectException e) {
            say("refused", e.getMessage());
        }
        try (ServerSocketChannel s = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            s.bind(UnixDomainSocketAddress.of(d.resolve("sock")));
            SocketChannel c = SocketChannel.open(UnixDomainSocketAddress.of(d.resolve("sock")));
            SocketChannel o = s.accept();
            c.write(ByteBuffer.wrap("unix".getBytes()));
            ByteBuffer b = ByteBuffer.allocate(10);
            o.read(b);
            say("unix", b.position(), o.getRemoteAddress().toString().isEmpty());
            c.close();
            say("end", o.read(b));
        }
        try (Selector sel = Selector.open(); ServerSocketChannel s = ServerSocketChannel.open()) {
            s.bind(new InetSocketAddress("127.0.0.1", 0)).configureBlocking(false);
            s.register(sel, SelectionKey.OP_ACCEPT);
            SocketChannel c = SocketChannel.open(s.getLocalAddress());
            say("select", sel.select(), sel.selectedKeys().iterator().next().isAcceptable());
            sel.wakeup();
            say("wakeup", sel.select());
            c.close();
        }
        try (DatagramSocket u = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
             DatagramSocket v = new DatagramSocket()) {
            v.send(new DatagramPacket("dg".getBytes(), 2, u.getLocalSocketAddress()));
            DatagramPacket p = new DatagramPacket(new byte[10], 10);
            u.receive(p);
            say("udp", p.getLength());
        }
        say("lo", NetworkInterface.getByName("lo").isLoopback(), NetworkInterface.getByName("lo").getMTU(),
            NetworkInterface.getByName("lo").isUp(), Collections.list(NetworkInterface.getByName("lo").getInetAddresses()));
        var web = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        web.createContext("/", x -> {
            byte[] b = x.getRequestURI().toString().getBytes();
            x.sendResponseHeaders(200, b.length);
            x.getResponseBody().write(b);
            x.close();
        });
        web.start();
        var client = java.net.http.HttpClient.newHttpClient();
        say("http",
            client
                .send(java.net.http.HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + web.getAddress().getPort() + "/path"))
                          .build(),
                      java.net.http.HttpResponse.BodyHandlers.ofString())
                .body());
        web.stop(0);
    }
    static void threads() throws Exception {
        AtomicInteger n = new AtomicInteger();
        Thread[] t = new Thread[64];
        Object lock = new Object();
        int[] plain = {0};
        for (int i = 0; i < t.length; i++) {
            t[i] = new Thread(() -> {
                for (int j = 0; j < 10000; j++) {
                    n.incrementAndGet();
                    synchronized (lock) { plain[0]++; }
                }
            });
            t[i].start();
        }
        for (Thread x : t)
            x.join();
        say("threads", n, plain[0]);
        say("parallel", IntStream.range(0, 1000000).parallel().mapToLong(i -> i % 7).sum());
        SynchronousQueue<Integer> q = new SynchronousQueue<>();
        Thread p = new Thread(() -> {
            try {
                for (int i = 0; i < 2000; i++)
                    q.put(i);
            } catch (InterruptedException e) {
            }
        });
        p.start();
        long sum = 0;
        for (int i = 0; i < 2000; i++)
            sum += q.take();
        say("queue", sum);
        Thread s = new Thread(() -> {
            try {
                Thread.sleep(100000);
            } catch (InterruptedException e) {
                say("interrupted");
            }
        });
        s.start();
        s.interrupt();
        s.join();
        say("completable", CompletableFuture.supplyAsync(() -> 6)
                               .thenCombineAsync(CompletableFuture.supplyAsync(() -> 7), (a, b) -> a * b)
                               .get());
        try {
            deep(0);
        } catch (StackOverflowError e) {
            say("stack overflow");
        }
        try {
            Object o = null;
            o.hashCode();
        } catch (NullPointerException e) {
            say("null");
        }
        try {
            List<long[]> l = new ArrayList<>();
            for (;;)
                l.add(new long[1 << 20]);
        } catch (OutOfMemoryError e) {
            say("oom", e.getMessage());
        }
        ScheduledExecutorService e = Executors.newScheduledThreadPool(2);
        CountDownLatch c = new CountDownLatch(5);
        e.scheduleAtFixedRate(c::countDown, 0, 5, TimeUnit.MILLISECONDS);
        c.await();
        say("scheduled");
        e.shutdownNow();
    }
    static int deep(int n) { return deep(n + 1) + 1; }
    static void machine() throws Exception {
        say(System.getProperty("os.name"), System.getProperty("os.arch"), Runtime.getRuntime().availableProcessors() > 0,
            Runtime.getRuntime().maxMemory() > 0);
        var os = (com.sun.management.UnixOperatingSystemMXBean)ManagementFactory.getOperatingSystemMXBean();
        say("os", os.getTotalMemorySize() > os.getFreeMemorySize(), os.getOpenFileDescriptorCount() > 3,
            os.getMaxFileDescriptorCount() > 100, os.getProcessCpuTime() > 0, os.getSystemLoadAverage() >= 0,
            os.getCpuLoad() <= 1, os.getCommittedVirtualMemorySize() > 0, os.getTotalSwapSpaceSize() >= 0);
        say("threads", ManagementFactory.getThreadMXBean().getThreadCount() > 1,
            ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() > 0,
            ManagementFactory.getRuntimeMXBean().getName().matches("\\d+@.+"));
        say("pid", ProcessHandle.current().pid() > 0, ProcessHandle.current().info().user().get(),
            ProcessHandle.current().info().totalCpuDuration().isPresent(),
            ProcessHandle.current().info().startInstant().isPresent());
        say("random", new java.security.SecureRandom().nextInt() != new java.security.SecureRandom().nextInt());
        for (int i = 0; i < 5; i++) {
            byte[][] b = new byte[100][];
            for (int j = 0; j < 100; j++)
                b[j] = new byte[1 << 17];
            System.gc();
        }
        say("gc");
        CountDownLatch heard = new CountDownLatch(1);
        sun.misc.Signal.handle(new sun.misc.Signal("HUP"), x -> {
            say("signal", x);
            heard.countDown();
        });
        sun.misc.Signal.raise(new sun.misc.Signal("HUP"));
        heard.await();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> say("hook")));
    }
    public static void main(String[] a) throws Exception {
        Path d = Files.createTempDirectory("smoke");
        machine();
        files(d);
        children();
        network(d);
        threads();
        say("end");
        System.exit(5);
    }
}
