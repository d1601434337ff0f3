// Release {{ release.name }}: its name changes with any of its files, and so does this text, which is how the browser learns of it.
import {serve} from "{{ release.address }}/offline.js";

serve({{ data({"page": "pda", "name": release.name, "address": release.address, "files": release.files | list}) }});
