// SPDX-License-Identifier: Apache-2.0
// node.js - what Node asks most of a kernel: files, child processes, sockets, threads, and what it reads of the machine. It prints
// the same each time; what is a matter of the machine is compared with what it may be.
'use strict';
const cp = require('child_process'), crypto = require('crypto'), dgram = require('dgram'), fs = require('fs'), http = require('http');
const net = require('net'), os = require('os'), path = require('path'), zlib = require('zlib');
const {once} = require('events');
const {Worker, isMainThread, parentPort, workerData} = require('worker_threads');
const fsp = fs.promises;

async function files(dir) {
    const a = path.join(dir, 'a');
    await fsp.writeFile(a, 'hello');
    await fsp.appendFile(a, ' there');
    console.log('read', await fsp.readFile(a, 'utf8'));
    const st = await fsp.stat(a, {bigint : true});
    console.log('stat', st.size, (st.mode & 0o777n).toString(8), st.isFile());
    await fsp.symlink('a', path.join(dir, 'l'));
    console.log('link', await fsp.readlink(path.join(dir, 'l')));
    await fsp.mkdir(path.join(dir, 'x/y/z'), {recursive : true});
    await fsp.copyFile(a, path.join(dir, 'x/y/copy'));
    await fsp.rename(path.join(dir, 'x/y/copy'), path.join(dir, 'x/y/z/moved'));
    await fsp.cp(path.join(dir, 'x'), path.join(dir, 'x2'), {recursive : true});
    console.log('readdir', (await fsp.readdir(dir, {recursive : true})).sort().join(' '));
    await fsp.truncate(a, 3);
    console.log('truncated', await fsp.readFile(a, 'latin1'));
    await fsp.utimes(a, 1, 2.5);
    console.log('utimes', (await fsp.stat(a)).mtimeMs);
    await fsp.chmod(a, 0o600);
    console.log('access', await fsp.access(a, fs.constants.X_OK).then(() => 'yes', e => e.code));
    for (const f of [() => fsp.open(dir + '/none'), () => fsp.rmdir(dir + '/x'), () => fsp.mkdir(dir), () => fsp.readFile(dir),
                    () => fsp.readdir(a), () => fsp.readlink(a)])
        console.log('error', await f().then(() => 'none', e => e.code + ' ' + e.syscall));
    await Promise.all(Array.from({length : 200}, (_, i) => fsp.writeFile(path.join(dir, 'many' + i), String(i))));
    let sum = 0;
    for (const t of await Promise.all(Array.from({length : 200}, (_, i) => fsp.readFile(path.join(dir, 'many' + i), 'utf8'))))
        sum += +t;
    console.log('many', sum);
    const h = await fsp.open(a, 'r+');
    await h.write(Buffer.from('XY'), 0, 2, 1);
    await h.datasync();
    const v = await h.readv([ Buffer.alloc(2), Buffer.alloc(4) ], 0);
    console.log('handle', v.bytesRead, v.buffers[0].toString(), (await h.stat()).size);
    await h.close();
    const data = crypto.createHash('sha256').update('x').digest();
    const big = Buffer.alloc(3 << 20, data);
    await require('stream/promises')
        .pipeline(require('stream').Readable.from([ big ]), zlib.createGzip(), fs.createWriteStream(dir + '/gz'));
    const out = crypto.createHash('md5');
    for await (const c of fs.createReadStream(dir + '/gz').pipe(zlib.createGunzip()))
        out.update(c);
    console.log('gzip', out.digest('hex'));
    const w = fs.watch(dir + '/x');
    const ev = once(w, 'change');
    fs.writeFileSync(dir + '/x/new', '');
    const [kind, name] = await ev;
    console.log('watch', kind, name);
    w.close();
    console.log('opendir', (await (async () => {
                    let n = 0;
                    for await (const e of await fsp.opendir(dir))
                        if (e.isDirectory())
                            n++;
                    return n;
                })()));
    const sf = await fsp.statfs(dir);
    console.log('statfs', sf.bsize > 0, sf.blocks > 0);
    await fsp.rm(dir + '/x2', {recursive : true});
    console.log('gone', fs.existsSync(dir + '/x2'));
    console.log('realpath', fs.realpathSync(dir + '/l') === fs.realpathSync(a),
                fs.realpathSync.native(dir + '/l') === fs.realpathSync(a));
    console.log('mkdtemp', path.basename(fs.mkdtempSync(dir + '/t-')).length);
}

async function children() {
    console.log('exec', cp.execSync('echo out; echo $0').toString().trim().replace('\n', ' '));
    const r = cp.spawnSync('sh', [ '-c', 'cat; echo err >&2; exit 3' ], {input : 'stdin'});
    console.log('spawnSync', r.status, r.stdout + '', r.stderr + '');
    const c = cp.spawn('sleep', [ '1000' ]);
    c.kill('SIGTERM');
    console.log('killed', await once(c, 'exit'));
    const p = cp.spawn('sh', [ '-c', 'trap "echo got; exit 5" USR1; echo ready; while :; do sleep 0.05; done' ],
                       {stdio : [ 'ignore', 'pipe', 'inherit' ]});
    let said = '';
    p.stdout.on('data', d => {
        said += d;
        if (said === 'ready\n')
            p.kill('SIGUSR1');
    });
    console.log('trap', await once(p, 'close'), JSON.stringify(said));
    console.log('none', await once(cp.spawn('/no/such'), 'error').then(([ e ]) => e.code + ' ' + e.syscall));
    console.log('cwd', await once(cp.spawn('pwd', {cwd : '/no'}), 'error').then(([ e ]) => e.code));
    const t = cp.spawnSync('sleep', [ '100' ], {timeout : 100});
    console.log('timeout', t.signal, t.error.code);
    const f = cp.fork(__filename, [ 'child' ]);
    f.send({a : [ 1, 2 ]});
    const [m] = await once(f, 'message');
    console.log('fork', JSON.stringify(m));
    const server = net.createServer(s => s.end('mine')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    f.send('server', server);
    await once(f, 'message');
    server.close(); // the child's copy goes on
    f.disconnect();
    console.log('fork ended', await once(f, 'exit'));
    const d = cp.spawn('sh', [ '-c', 'exit 0' ], {detached : true, stdio : 'ignore'});
    d.unref();
    console.log('detached', await once(d, 'exit'));
    const fd3 = cp.spawn('sh', [ '-c', 'echo three >&3' ], {stdio : [ 'pipe', 'pipe', 'pipe', 'pipe' ]});
    let three = '';
    fd3.stdio[3].on('data', d => three += d);
    await once(fd3, 'close');
    console.log('fd 3', three.trim());
    console.log('uid', cp.spawnSync('id', [ '-u' ], {uid : 65534, gid : 65534}).stdout + '');
    const all = await Promise.all(Array.from({length : 20}, (_, i) => new Promise(r => cp.exec('echo ' + i, (e, o) => r(+o)))));
    console.log('20 children', all.reduce((a, b) => a + b));
}

async function network(dir) {
    for (const where of [{port : 0, host : '127.0.0.1'}, {port : 0, host : '::1'}, {path : dir + '/sock'},
                         {path : '\0abstract-of-node' + process.pid}]) {
        const server = net.createServer({allowHalfOpen : true}, s => s.pipe(s)).listen(where);
        await once(server, 'listening');
        const a = server.address(),
              c = net.connect(typeof a === 'string' ? {path : where.path} : {port : a.port, host : a.address});
        const data = crypto.createHash('md5');
        let n = 0;
        c.end(Buffer.alloc(1 << 20, 'abc'));
        for await (const d of c) {
            data.update(d);
            n += d.length;
        }
        console.log('echo', typeof a === 'string' ? 'unix' : a.family, n, data.digest('hex'));
        server.close();
        await once(server, 'close');
    }
    console.log('refused', await once(net.connect(1, '127.0.0.1'), 'error').then(([ e ]) => e.code + ' ' + e.syscall));
    const u = dgram.createSocket('udp4'), v = dgram.createSocket('udp4');
    u.bind(0, '127.0.0.1');
    await once(u, 'listening');
    v.send('datagram', u.address().port, '127.0.0.1');
    const [msg, from] = await once(u, 'message');
    console.log('udp', msg + '', from.address, from.size);
    u.close();
    v.close();
    const web = http.createServer((q, a) => {
                        let n = 0;
                        q.on('data', d => n += d.length).on('end', () => a.end(q.method + ' ' + q.url + ' ' + n));
                    })
                    .listen(0);
    await once(web, 'listening');
    const at = 'http://127.0.0.1:' + web.address().port;
    console.log('http', await (await fetch(at + '/x', {method : 'POST', body : 'y'.repeat(100000)})).text());
    const many = await Promise.all(Array.from({length : 100}, (_, i) => fetch(at + '/' + i).then(r => r.text())));
    console.log('http many', many.length, many[99]);
    web.close();
    web.closeAllConnections();
    console.log('lookup', (await require('dns').promises.lookup('localhost', {family : 4})).address);
    const x = net.createServer().listen(0, '127.0.0.1');
    await once(x, 'listening');
    const y = net.createServer().listen(x.address().port, '127.0.0.1');
    console.log('in use', await once(y, 'error').then(([ e ]) => e.code + ' ' + e.syscall));
    x.close();
    const bc = dgram.createSocket('udp4');
    bc.bind(0);
    await once(bc, 'listening');
    bc.setBroadcast(true);
    bc.setTTL(3);
    bc.setRecvBufferSize(65536);
    console.log('sizes', bc.getRecvBufferSize() >= 65536);
    try {
        bc.addMembership('224.0.0.114', '127.0.0.1');
        console.log('membership');
    } catch (e) { console.log('membership', e.code); }
    bc.close();
}

async function threads() {
    const shared = new SharedArrayBuffer(8), view = new Int32Array(shared);
    const all = Array.from({length : 8}, (_, i) => new Worker(__filename, {workerData : {shared, i}}));
    let sum = 0;
    for (const [m] of await Promise.all(all.map(w => once(w, "message"))))
        sum += m;
    view[1] = 1;
    Atomics.notify(view, 1);
    await Promise.all(all.map(w => once(w, 'exit')));
    console.log('workers', sum, view[0]);
    const bad = new Worker('throw new Error("of a worker")', {eval : true});
    console.log('worker error', await once(bad, 'error').then(([ e ]) => e.message));
    const loop = new Worker('for (;;);', {eval : true});
    await once(loop, 'online');
    console.log('terminated', await loop.terminate());
    const mem = new Worker('let a = []; for (;;) a.push(new Array(1000).fill(1));',
                           {eval : true, resourceLimits : {maxOldGenerationSizeMb : 16}});
    console.log('oom', await once(mem, 'error').then(([ e ]) => e.code));
    const keys = await Promise.all(
        Array.from({length : 8}, (_, i) => new Promise((r, j) => crypto.pbkdf2('p' + i, 's', 1000, 16, 'sha512',
                                                                               (e, k) => e ? j(e) : r(k.toString('hex'))))));
    console.log('pool', crypto.createHash('md5').update(keys.join()).digest('hex'));
}

async function machine() {
    console.log('os', os.type(), os.endianness(), os.cpus().length > 0, os.totalmem() > os.freemem(), os.loadavg().length,
                os.uptime() > 0, os.userInfo().uid, os.availableParallelism() > 0);
    console.log('lo', (os.networkInterfaces().lo || []).map(a => a.cidr).join());
    console.log('memory', process.memoryUsage().rss > 1e6, process.memoryUsage.rss() > 1e6, process.resourceUsage().maxRSS > 1000,
                process.cpuUsage().user > 0, process.constrainedMemory() >= 0);
    console.log('priority', os.getPriority(), (os.setPriority(5), os.getPriority()));
    console.log('ids', process.getuid(), process.geteuid(), process.getgroups().length >= 0, process.ppid >= 0,
                process.umask().toString(8));
    process.title = 'titled';
    console.log('title', process.title, fs.readFileSync('/proc/self/cmdline', 'latin1').split('\0')[0]);
    const sig = once(process, 'SIGHUP');
    process.kill(process.pid, 'SIGHUP');
    console.log('signal', (await sig)[0]);
    console.log('report', process.report.getReport().sharedObjects.length > 3, process.report.getReport().header.osName);
    console.log('hrtime', process.hrtime.bigint() > 0n);
    const wasm = new WebAssembly.Module(
        Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex'));
    console.log('wasm', new WebAssembly.Instance(wasm).exports.add(40, 2));
    console.log('v8', require('v8').deserialize(require('v8').serialize({a : 1n})).a);
    const insp = require('inspector');
    const s = new insp.Session();
    s.connect();
    console.log('inspector',
                await new Promise(r => s.post('Runtime.evaluate', {expression : '6*7'}, (e, v) => r(v.result.value))));
    s.disconnect();
    let x = 0;
    for (let i = 0; i < 3e7; i++)
        x = (x * 31 + i) | 0;
    console.log('jit', x);
    const objs = [];
    for (let i = 0; i < 2e6; i++)
        objs.push({i});
    console.log('gc', objs.length);
    const cluster = require('cluster');
    cluster.setupPrimary({exec : __filename, args : [ 'cluster' ]});
    const w = [ cluster.fork(), cluster.fork() ];
    const ports = await Promise.all(w.map(k => once(k, 'message').then(([ m ]) => m.port)));
    console.log('cluster', ports[0] === ports[1]);
    const texts = [];
    for (let i = 0; i < 4; i++)
        texts.push(await (await fetch('http://127.0.0.1:' + ports[0], {headers : {connection : 'close'}})).text());
    console.log('cluster answers', texts.join());
    w.forEach(k => k.kill());
    await Promise.all(w.map(k => once(k, 'exit')));
    const tty = require('tty');
    console.log('tty', tty.isatty(0));
}

if (!isMainThread) {
    const view = new Int32Array(workerData.shared);
    Atomics.add(view, 0, workerData.i);
    parentPort.postMessage(workerData.i);
    Atomics.wait(view, 1, 0);
} else if (process.argv[2] === 'child') {
    process.on('message', (m, h) => {
        if (m === 'server') {
            h.close();
            process.send('have');
        } else
            process.send(m);
    });
} else if (process.argv[2] === 'cluster') {
    const s = http.createServer((q, a) => a.end('ok')).listen(0, '127.0.0.1', () => process.send({port : s.address().port}));
} else
    (async () => {
        setInterval(() => {}, 1000); // who waits for a signal alone, and for nothing else, ends
        const dir = fs.mkdtempSync('/tmp/node-');
        const parts = {machine, files, children, network, threads};
        for (const p of process.argv[2] ? process.argv.slice(2) : Object.keys(parts))
            await parts[p](dir);
        fs.rmSync(dir, {recursive : true});
        console.log('end');
        process.exit(0);
    })().catch(e => {
        console.log('FAILED', e);
        process.exit(1);
    });
