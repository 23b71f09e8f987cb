/* SPDX-License-Identifier: Apache-2.0 */
/* host_records.c - see host_records.h. */
#include "vmm/host_records.h"

#include <string.h>

void host_records_init(struct host_records *records)
{
    memset(records, 0, sizeof(*records));
    pthread_mutex_init(&records->lock, NULL);
}

void host_records_ready(struct host_records *records, const struct lvmm_ready *ready)
{
    if (ready->port >= LVMM_PORT_COUNT)
        return;
    pthread_mutex_lock(&records->lock);
    records->ready[ready->port] = *ready;
    records->ready_owed |= 1u << ready->port;
    pthread_mutex_unlock(&records->lock);
}

void host_records_error(struct host_records *records, uint32_t port, int error)
{
    if (port >= LVMM_PORT_COUNT)
        return;
    pthread_mutex_lock(&records->lock);
    records->error[port] = (uint32_t)error;
    records->error_owed |= 1u << port;
    pthread_mutex_unlock(&records->lock);
}

void host_records_winsize(struct host_records *records, uint16_t rows, uint16_t columns)
{
    pthread_mutex_lock(&records->lock);
    records->size = (struct lvmm_winsize){.rows = rows, .columns = columns};
    records->size_owed = true;
    pthread_mutex_unlock(&records->lock);
}

void host_records_trace(struct host_records *records, uint32_t wanted)
{
    pthread_mutex_lock(&records->lock);
    records->trace = (struct lvmm_trace){.wanted = wanted};
    records->trace_owed = true;
    pthread_mutex_unlock(&records->lock);
}

static size_t put(uint8_t *buffer, enum lvmm_record_type type, const void *payload, uint32_t size)
{
    const struct lvmm_record header = {.type = type, .size = size};

    memcpy(buffer, &header, sizeof(header));
    memcpy(buffer + sizeof(header), payload, size);
    return sizeof(header) + size;
}

/* Errors first: what the guest hears next may be that the port is closed. Lock held. */
static size_t take(struct host_records *records, uint8_t *buffer)
{
    uint32_t port;

    if (records->error_owed != 0) {
        port = (uint32_t)__builtin_ctz(records->error_owed);
        const struct lvmm_port_error error = {.port = port, .error = records->error[port]};

        records->error_owed &= ~(1u << port);
        return put(buffer, LVMM_RECORD_ERROR, &error, sizeof(error));
    }
    if (records->ready_owed != 0) {
        port = (uint32_t)__builtin_ctz(records->ready_owed);
        records->ready_owed &= ~(1u << port);
        return put(buffer, LVMM_RECORD_READY, &records->ready[port], sizeof(records->ready[port]));
    }
    if (records->size_owed) {
        records->size_owed = false;
        return put(buffer, LVMM_RECORD_WINSIZE, &records->size, sizeof(records->size));
    }
    if (records->trace_owed) {
        records->trace_owed = false;
        return put(buffer, LVMM_RECORD_TRACE, &records->trace, sizeof(records->trace));
    }
    return 0;
}

size_t host_records_next(struct host_records *records, uint8_t *buffer)
{
    pthread_mutex_lock(&records->lock);
    size_t size = take(records, buffer);
    pthread_mutex_unlock(&records->lock);
    return size;
}
